"""A person who retries and releases, by each of the ways in."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.test import Client

from jobs.models import Job, Status
from tests.scenes.needing import release_all
from tests.web.factories import make_token, make_user

WHERE = ("page", "admin", "command", "api")


@dataclass
class Person:
    """Somebody who has four ways in; each answer is checked for saying that it was done."""

    browser: Client
    program: Client

    @classmethod
    def with_all_rights(cls) -> Person:
        user, browser = make_user(), Client()
        browser.force_login(user)
        return cls(browser, Client(headers={"authorization": f"Bearer {make_token(user)}"}))

    def retry(self, where: str, job: Job, step: str = "") -> None:
        getattr(self, f"_retry_by_{where}")(job, step)
        job.refresh_from_db()
        assert job.status == Status.QUEUED

    def release(self, where: str, field: str, pk: int) -> None:
        getattr(self, f"_release_by_{where}")(field, pk)

    def _retry_by_page(self, job: Job, step: str) -> None:
        page = self.browser.get(f"/jobs/{job.root_id}/").text
        part = f' name="step" value="{step}"' if step else ""
        # Where only one thing failed, it is offered once: for the whole run.
        whole = f'formaction="/jobs/{job.root_id}/retry">Retry what failed'
        assert f'formaction="/jobs/{job.pk}/retry"{part}' in page or whole in page
        self.browser.post(f"/jobs/{job.pk}/retry", {"step": step})

    def _retry_by_admin(self, job: Job, step: str) -> None:
        model, pk = ("step", job.steps.get(key=step).pk) if step else ("job", job.pk)
        self._act(f"/admin/jobs/{model}/", "retry", pk, "1 queued again.")

    def _retry_by_command(self, job: Job, step: str) -> None:
        output = StringIO()
        call_command("retry", str(job.pk), *(["--step", step] if step else []), stdout=output)
        assert "is queued again" in output.getvalue()

    def _retry_by_api(self, job: Job, step: str) -> None:
        answer = self.program.post(f"/api/jobs/{job.pk}/retry{f'?step={step}' if step else ''}")
        assert (answer.status_code, answer.json()["status"]) == (200, "queued")

    def _release_by_page(self, field: str, pk: int) -> None:
        pages = release_all(self.browser, field, pk)
        assert pages and all("tries again" in page for page in pages)

    def _release_by_admin(self, field: str, pk: int) -> None:
        page = {"file": "placedfile"}.get(field, field)
        self._act(f"/admin/scenes/{page}/", "release", pk, "1 released")

    def _release_by_command(self, field: str, pk: int) -> None:
        output = StringIO()
        call_command("release", f"--{field}", str(pk), stdout=output)
        assert "1 " in output.getvalue()

    def _release_by_api(self, field: str, pk: int) -> None:
        answer = self.program.post("/api/release", {f"{field}s": [pk]}, content_type="application/json")
        assert (answer.status_code, answer.json()[f"{field}s"]) == (200, 1)

    def _act(self, address: str, action: str, pk: Any, says: str) -> None:
        data = {"action": action, "_selected_action": [str(pk)], "post": "yes"}
        assert says in self.browser.post(address, data, follow=True).text
