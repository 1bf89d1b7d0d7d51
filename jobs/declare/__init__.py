"""How tasks and workflows are declared, and the parameters that they take."""
