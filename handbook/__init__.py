"""The documentation as a site: what is made from the code for it. `make docs` builds it from docs/ and mkdocs.yml."""
