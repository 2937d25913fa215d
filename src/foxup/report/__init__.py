"""Reports of a verification: one model, shown as HTML, JUnit XML, JSON and a paragraph to paste."""
