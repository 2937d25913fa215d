"""The web server: routes of A1111 v1.10.1 and a small page."""
