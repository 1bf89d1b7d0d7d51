"""The REST API of jobs: routes in `routes`, shapes in `schemas`, who may come in in `auth`, errors in `errors`."""
