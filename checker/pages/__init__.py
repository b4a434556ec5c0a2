"""Reports for people: the matrix of verdicts, counterexamples with pictures, plots; as HTML, Markdown and SVG."""
