"""Beijing's days and months. Instants are integers, UTC milliseconds; months are integers such as 202611."""
import datetime

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEIJING = 8 * HOUR  # ahead of UTC, all year


def beijing(instant):
    return datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=instant + BEIJING)


def day_starts(instant):
    return (instant + BEIJING) // DAY * DAY - BEIJING


def month_of(instant):
    local = beijing(instant)
    return local.year * 100 + local.month


def month_starts(month):
    local = datetime.datetime(month // 100, month % 100, 1) - datetime.datetime(1970, 1, 1)
    return int(local.total_seconds()) * SECOND - BEIJING


def next_month(month):
    return month + 1 if month % 100 < 12 else month + 89


def month_ends(month):
    return month_starts(next_month(month))


def month_text(month):
    return "%04d-%02d" % divmod(month, 100)
