"""How fast membership follows, at a million members and with a thousand segments."""
