"""What a page costs: bare, with this package, and with wagtail-personalisation."""
