"""Contract of the web UI's HTTP interface, settings file and process, as foxup relies on it.

Every test here was first proven on the real AUTOMATIC1111 v1.10.1 (82a973c0, Python 3.10, torch 2.1.2, CPU) and then demanded
of minui; where the two differ, minui is wrong. See README.md beside this file for how to run it against a real one.
"""
