"""The settings as people see and change them: a card for each service, a page for each group, tests of what is typed.

form    the fields, made of the declarations
views   the page of a group
cards   what the overview shows of the services
"""
