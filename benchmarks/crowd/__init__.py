"""A million people and what they did, made once by ``COPY`` and kept for the next run."""
