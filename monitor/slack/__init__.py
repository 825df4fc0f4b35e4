"""Act: the daemon, its store, its line to Slack, and its commands."""
