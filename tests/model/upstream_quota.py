"""What is left of WeChat's own quota: docs/adr/0005-upstream-window.md."""
from beijing_calendar import day_starts


class UpstreamQuota:
    """A part of the model of a merchant, which has `windows` and these two numbers:

    upstream_free: WeChat's calls of a day, None where it is not known; upstream_packs: units bought at WeChat and left.
    """

    def free_left(self, window):
        return max(0, self.upstream_free - window.elsewhere)

    def from_packs(self, window):
        """Units of the window beyond the free ones."""
        if self.upstream_free is None or window.limit is None:
            return 0
        return max(0, window.used + window.held - self.free_left(window))

    def counted(self, window):
        if self.upstream_free is None:
            return None
        return self.free_left(window) + self.upstream_packs + self.from_packs(window)

    def take_from_packs(self, window, before):
        self.upstream_packs = max(0, self.upstream_packs - (self.from_packs(window) - before))

    def upstream_room(self, window):
        counted = self.counted(window)
        if window.limit is not None and counted is not None and window.used + window.held >= counted:
            return False
        return window.room()

    def hold_upstream(self, window, units):
        """One more or one less."""
        before = self.from_packs(window)
        window.held += units
        self.take_from_packs(window, before)

    def change_free(self, window, free, elsewhere):
        before = self.from_packs(window) if window else 0
        self.upstream_free = free
        if window:
            window.elsewhere = elsewhere
            self.take_from_packs(window, before)

    def refill(self, window):
        if window:
            if window.limit is None:
                window.limit = window.used + window.held
            window.limit_to(self.counted(window))

    def set_upstream(self, now, given):
        self.take_limits(now)  # as any change of the merchant
        window = self.windows.get(("upstream_day", day_starts(now)))
        if "day_free" in given:
            self.change_free(window, given["day_free"], window.elsewhere if window else 0)
        if "pack_units" in given:
            self.upstream_packs = given["pack_units"]
        if given:
            self.refill(window)
        return {"ok": True}

    def tell_upstream(self, now, free, used):
        """WeChat's word: what we did not count of the use was made elsewhere."""
        window = self.windows.get(("upstream_day", day_starts(now)))
        self.change_free(window, free, max(0, used - window.used - window.held) if window else 0)
        self.refill(window)
        return {"ok": True}

    def reopen_upstream(self, now):
        if window := self.windows.get(("upstream_day", day_starts(now))):
            window.limit = None
            window.elsewhere = 0
        return {"ok": True}

    def fill_upstream(self, window):
        """WeChat refused: nothing is left today, and what we did not count others used."""
        window.limit = window.used + window.held
        if self.upstream_free is not None:
            window.elsewhere = max(window.elsewhere, self.upstream_free - window.limit)

    def show_upstream(self):
        return {"day_free": self.upstream_free, "pack_units": self.upstream_packs}
