"""The permissions of acting on the library's rows; who has them is asked as in `jobs.permissions`."""

VIEW_SETTINGS, CHANGE_SETTINGS = "scenes.view_setting", "scenes.change_setting"
RELEASE = "scenes.release_items"
ACCEPT_MISSING = "scenes.accept_missing"
ACCEPT_ANOTHER_LIBRARY = "scenes.accept_another_library"
