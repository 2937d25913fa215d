"""Training of the tiny checkpoint that draws foxes."""
