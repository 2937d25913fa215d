"""One module for each thing the guide deals with: pure judging of facts, findings and steps."""
