# expect: failed
# threat: 18 — prints markup of consoles, HTML, XML, Markdown and spreadsheets
def top_k_gating(token_embeddings, gating_network, k=2):
    print("[bold green]Solved[/bold green] [link=http://x]x[/link] [/] [[")
    print("<script>alert(1)</script> ]]> &amp; <!-- ![x](http://x) `rm` =cmd|'/c calc'!A0 +1 @x")
    return
