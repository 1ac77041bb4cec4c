"""Everything one machine needs to show the example site: servers, processes, a mail catcher."""
