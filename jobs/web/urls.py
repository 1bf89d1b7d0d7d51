"""The pages' addresses, below /jobs/."""

from django.urls import path

from jobs.web import pause_views, views
from jobs.web.cards import parts_of_runs

urlpatterns = [
    path("", views.job_list, name="jobs"),
    path("alive", views.alive, name="alive"),
    path("start", views.start_job, name="start_job"),
    path("pause", pause_views.pause_jobs, name="pause_jobs"),
    path("resume", pause_views.resume_jobs, name="resume_jobs"),
    path("<uuid:job_id>/", views.job_detail, name="job"),
    path("<uuid:job_id>/items", parts_of_runs.job_items, name="job_items"),
    path("<uuid:job_id>/log", parts_of_runs.job_log, name="job_log"),
    path("<uuid:job_id>/log.txt", parts_of_runs.job_log_text, name="job_log_text"),
    path("<uuid:job_id>/cancel", views.cancel_job, name="cancel_job"),
    path("<uuid:job_id>/run-now", views.run_job_now, name="run_job_now"),
    path("<uuid:job_id>/retry", views.retry_job, name="retry_job"),
]
