"""The product with many processes on PostgreSQL and Redis, measured beside its peers on the same server."""
