"""A member portal with digital marketing inside Wagtail."""

__version__ = "0.1.0"
