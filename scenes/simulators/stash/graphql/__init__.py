"""GraphQL as Stash answers it: the schema, the way of an operation through it, and its queries."""
