"""The note type that every card is exported with.

Fields are never added, removed or renamed: Anki would take every note for another kind of note and update
none. The spare ones are there to be used instead. `CHANGED` is when templates or style last changed; it is
raised with every change, or Anki keeps what it has.
"""

from __future__ import annotations

FIELDS = ("id", "question", "answer", "explanation", "source", "kind", "spare1", "spare2", "spare3")
NAME = "mlkata"
CHANGED = 1_795_600_000

FRONT = '<div class="question">{{question}}</div>'
BACK = """{{FrontSide}}
<hr id="answer">
<div class="answer">{{answer}}</div>
{{#explanation}}<div class="explanation">{{explanation}}</div>{{/explanation}}
{{#source}}<div class="source">{{source}}</div>{{/source}}"""

STYLE = """
.card {
  max-width: 42em;
  margin: 0 auto;
  padding: 0.5em 1em;
  font: 18px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
  text-align: left;
  color: #1f2328;
  background: #ffffff;
}
.question { font-weight: 600; }
.explanation { margin-top: 1em; padding-left: 0.8em; border-left: 3px solid #9aa4b2; }
.source { margin-top: 1.5em; font-size: 0.75em; color: #57606a; }
a { color: #0b5cad; }
hr { border: 0; border-top: 1px solid #d0d7de; margin: 1em 0; }
img { max-width: 100%; height: auto; }
code { font: 0.85em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
:not(pre) > code { padding: 0.1em 0.3em; border-radius: 4px; background: #eff1f3; }
pre { overflow-x: auto; padding: 0.7em; border-radius: 6px; background: #f6f8fa; }
blockquote { margin: 0.5em 0; padding-left: 0.8em; border-left: 3px solid #d0d7de; }
table { border-collapse: collapse; }
th, td { padding: 0.25em 0.6em; border: 1px solid #d0d7de; }
mjx-container[display="true"] { overflow-x: auto; overflow-y: hidden; }

.card.nightMode { color: #e6edf3; background: #1f2226; }
.nightMode .source { color: #9da7b3; }
.nightMode a { color: #79b8ff; }
.nightMode hr, .nightMode th, .nightMode td, .nightMode blockquote { border-color: #444c56; }
.nightMode :not(pre) > code { background: #343942; }
.nightMode pre { background: #2b3036; }
.nightMode .explanation { border-color: #6e7681; }
.nightMode img { border-radius: 6px; background: #ffffff; }
""".lstrip()
