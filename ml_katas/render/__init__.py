"""Values of the vocabulary as rich renderables; nothing here prints.

What is drawn looks at the console that draws it: its width, whether it knows Unicode, whether it has colour.
"""
