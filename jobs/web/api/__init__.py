"""The REST API of jobs: routes in `routes`, shapes in `schemas`, authentication in `auth`, errors in `errors`."""
