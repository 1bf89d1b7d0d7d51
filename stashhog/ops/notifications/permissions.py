"""The permissions of notifications, asked for as those of `jobs.permissions`."""

from jobs.models import Scope
from jobs.permissions import declare

VIEW_CHANNELS = declare("notifications.view_channel", Scope.READ)
ADD_CHANNEL = declare("notifications.add_channel", Scope.ADMIN)
CHANGE_CHANNEL = declare("notifications.change_channel", Scope.ADMIN)
DELETE_CHANNEL = declare("notifications.delete_channel", Scope.ADMIN)
VIEW_MESSAGES = declare("notifications.view_message", Scope.READ)
