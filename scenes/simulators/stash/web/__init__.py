"""What becomes of a request before and after GraphQL: access, faults, the journal, the answer's way out."""
