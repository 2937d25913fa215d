"""Every side effect of foxup: processes, files, network, other programs. Nothing here judges."""
