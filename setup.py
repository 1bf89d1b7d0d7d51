"""The packages. All else is in pyproject.toml, which can't say that a folder beside a package belongs into it."""

from setuptools import find_packages, setup

TEMPLATES = "stashhog.templates"  # `templates/` in the checkout; stashhog.settings finds it in both places

setup(
    packages=[*find_packages(include=["stashhog*", "jobs*", "scenes*"]), TEMPLATES],
    package_dir={TEMPLATES: "templates"},
    package_data={
        TEMPLATES: ["**/*"],
        "jobs": ["templates/**/*", "static/**/*", "locale/**/*.mo"],
        "stashhog": ["locale/**/*.mo"],
        "scenes": ["**/*.graphql"],
    },
)
