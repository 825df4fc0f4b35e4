"""Reports: gathered from the store, counted in ``rules.report``, written as text, HTML, Markdown, CSV or JSON."""
