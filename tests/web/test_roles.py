"""The roles viewer, operator and admin: groups that are there after each migration, and what they hold."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.test import Client

from stashhog.accounts.models import Role
from stashhog.accounts.roles import ROLES, make_roles, role_has, role_of, set_role

pytestmark = pytest.mark.django_db
ACTING = {"jobs.start_job", "jobs.cancel_job", "jobs.retry_job", "scenes.release_items"}


def user_with(role: str) -> User:
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=user.pk)


def permissions(role: str) -> set[str]:
    return user_with(role).get_all_permissions()


def migrate() -> None:
    call_command("migrate", verbosity=0)


def test_each_role_has_all_of_the_one_before_it():
    viewer, operator, admin = permissions("viewer"), permissions("operator"), permissions("admin")
    assert viewer < operator < admin
    assert {name.partition(".")[2][:5] for name in viewer} == {"view_"}
    assert viewer >= {"jobs.view_job", "scenes.view_scene", "scenes.view_plan"}
    assert operator >= ACTING and not ACTING & viewer
    assert "scenes.accept_another_library" in admin - operator
    for name in (
        "axes.view_accessattempt",
        "jobs.view_apitoken",
        "jobs.add_apitoken",
        "auth.add_user",
        "auth.view_user",
    ):
        assert name in admin - operator, name


def test_a_fresh_database_gives_each_role_all_that_it_has():
    """In one migration: those of the apps that come last, too."""
    every = User.objects.create_superuser("root").get_all_permissions()
    for role in ROLES:
        assert permissions(role) == {name for name in every if role_has(role, name)}


def test_no_role_may_change_groups_and_so_give_itself_more():
    assert not {name for name in permissions("admin") if name.endswith(("_group", "_permission"))} - {"auth.view_group"}


def test_whoever_gets_a_role_is_staff_in_either_direction():
    assert user_with("viewer").is_staff
    plain = User.objects.create_user("plain")
    Group.objects.get(name="operator").user_set.add(plain)
    plain.refresh_from_db()
    assert plain.is_staff
    other = User.objects.create_user("other")
    other.groups.add(Group.objects.create(name="friends"))
    other.refresh_from_db()
    assert not other.is_staff


def test_migrating_again_changes_nothing():
    before = list(Group.permissions.through.objects.order_by("pk").values())
    migrate()
    assert list(Group.permissions.through.objects.order_by("pk").values()) == before
    assert Role.objects.count() == 3


def test_what_a_person_changed_in_a_role_stays():
    operator = Group.objects.get(name="operator")
    taken = Permission.objects.get(codename="release_items")
    added = Permission.objects.get(codename="accept_another_library")
    operator.permissions.remove(taken)
    operator.permissions.add(added)
    operator.name = "helpers"
    operator.save()
    migrate()
    operator.refresh_from_db()
    assert operator.name == "helpers" and not Group.objects.filter(name="operator").exists()
    assert not operator.permissions.filter(pk=taken.pk).exists() and operator.permissions.filter(pk=added.pk).exists()


def test_a_permission_that_is_new_in_an_upgrade_is_given_to_the_roles_it_belongs_to():
    new = Permission.objects.get(codename="cancel_job")
    content_type, name = new.content_type, new.name
    new.delete()
    assert not Group.objects.filter(permissions__codename="cancel_job").exists()
    Permission.objects.create(codename="cancel_job", content_type=content_type, name=name)
    make_roles()
    assert set(Group.objects.filter(permissions__codename="cancel_job").values_list("name", flat=True)) == {
        "operator",
        "admin",
    }


def test_a_role_whose_group_was_deleted_is_there_again_after_the_next_migration():
    Group.objects.get(name="viewer").delete()
    migrate()
    assert "jobs.view_job" in permissions("viewer")


def test_a_group_of_that_name_that_was_there_before_becomes_the_role():
    Group.objects.all().delete()
    mine = Group.objects.create(name="viewer")
    migrate()
    assert Role.objects.get(name="viewer").group == mine


# The command


def created(*arguments: str) -> str:
    out = io.StringIO()
    call_command("createuser", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_the_command_makes_a_user_with_a_role_who_can_log_in(role, monkeypatch, rf):
    monkeypatch.setattr("sys.stdin", io.StringIO("a long passphrase\n"))
    assert f"with the role {role}" in created("bea", "--role", role, "--password-stdin")
    user = User.objects.get(username="bea")
    assert role_of(user) == role and user.is_staff and not user.is_superuser
    assert authenticate(rf.post("/admin/login/"), username="bea", password="a long passphrase") == user


def test_without_a_terminal_and_a_password_the_command_says_how_to_set_one(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert "changepassword bea" in created("bea", "--role", "viewer")
    assert not User.objects.get(username="bea").has_usable_password()


@pytest.mark.parametrize(
    ("arguments", "typed", "message"),
    [
        (["bea", "--role", "viewer", "--password-stdin"], "12345\n", "too short"),
        (["bea", "--role", "viewer", "--password-stdin"], "", "no password on stdin"),
        (["bea", "--role", "owner"], "", "invalid choice"),
        (["bea"], "", "--role"),
        (["be a", "--role", "viewer"], "", "valid username"),
        (["", "--role", "viewer"], "", "cannot be blank"),
        (["x" * 151, "--role", "viewer"], "", "at most 150"),
        (["bea", "--role", "viewer", "--email", "nonsense"], "", "valid email"),
        (["ada", "--role", "viewer"], "", "already exists"),
    ],
)
def test_the_command_makes_nobody_of_nonsense_and_says_why(user, monkeypatch, arguments, typed, message):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(CommandError, match=message):
        created(*arguments)
    assert list(User.objects.values_list("username", flat=True)) == ["ada"]


def test_changing_a_role_leaves_other_groups_alone():
    user = user_with("viewer")
    friends = Group.objects.create(name="friends")
    user.groups.add(friends)
    set_role(user, "operator")
    assert set(user.groups.values_list("name", flat=True)) == {"operator", "friends"}
    set_role(user, "")
    assert list(user.groups.all()) == [friends]


# Users in the admin


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def posted(client: Client, user: User, **changed: object) -> int:
    data = {
        "username": user.username,
        "role": role_of(user),
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "10:00:00",
        **changed,
    }
    return client.post(f"/admin/auth/user/{user.pk}/change/", data).status_code


def test_the_admin_makes_users_with_a_role_and_changes_it(browser):
    page = browser.get("/admin/auth/user/add/").text
    assert 'name="role"' in page and "start, cancel, retry and release" in page
    password = {"usable_password": "true", "password1": "a long passphrase", "password2": "a long passphrase"}
    assert browser.post("/admin/auth/user/add/", {"username": "bea", "role": "viewer", **password}).status_code == 302
    bea = User.objects.get(username="bea")
    assert role_of(bea) == "viewer" and bea.is_staff
    assert '<option value="viewer" selected>' in browser.get(f"/admin/auth/user/{bea.pk}/change/").text
    friends = Group.objects.create(name="friends")
    assert posted(browser, bea, role="operator", groups=[friends.pk]) == 302
    assert set(bea.groups.values_list("name", flat=True)) == {"operator", "friends"}
    assert "Operator" in browser.get("/admin/auth/user/").text


def test_an_admin_who_is_no_superuser_can_neither_become_one_nor_touch_one(user):
    admin = user_with("admin")
    client = enter(admin)
    assert posted(client, admin, is_superuser="on", user_permissions=[1], groups=[]) == 302
    admin.refresh_from_db()
    assert not admin.is_superuser and not admin.user_permissions.exists() and role_of(admin) == "admin"
    assert posted(client, user, username="mine") == 403
    assert client.get(f"/admin/auth/user/{user.pk}/change/").status_code == 200
    assert client.post(f"/admin/auth/user/{user.pk}/password/", {"password1": "x", "password2": "x"}).status_code == 403
    assert client.post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403
    selected = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    client.post("/admin/auth/user/", selected)
    assert User.objects.filter(username="ada", is_superuser=True).exists()
    assert f'value="{user.pk}"' not in client.get("/admin/jobs/apitoken/add/").text


def test_the_list_of_users_costs_the_same_for_many(browser, django_assert_max_num_queries):
    for number in range(20):
        set_role(User.objects.create_user(f"user{number}"), "viewer")
    with django_assert_max_num_queries(30):
        assert browser.get("/admin/auth/user/").status_code == 200
