"""As in English, with the point that German has behind the day."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j. M Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j. M Y, H:i"
MONTH_DAY_FORMAT = "j. M"
TIME_FORMAT = "H:i"
FIRST_DAY_OF_WEEK = 1
