"""Catches every mail of the demo and shows it in the browser; nothing leaves the machine."""
