"""Pages, forms and the API: what people and programs see of jobs, and do with them."""
