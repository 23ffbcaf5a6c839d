"""Django's page of an error, for DEBUG=1 alone: it shows settings and variables, here without the secrets."""

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from portal.masking import secrets


class VariableFilter(SafeExceptionReporterFilter):
    """Hides variables by their names, as Django does with settings: a key may be bytes, which no mask finds."""

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        """Name and value of each."""
        shown = super().get_traceback_frame_variables(request, tb_frame)
        return {name: self.cleanse_setting(name, value) for name, value in shown}.items()


class Reporter(ExceptionReporter):
    """The page, and its plain form, with every known secret hidden by its value."""

    def get_traceback_html(self) -> SafeString:
        """As Django's, which is escaped already."""
        return SafeString(secrets.mask(super().get_traceback_html()))  # nosec B703  # escaped there

    def get_traceback_text(self) -> SafeString:
        """As Django's."""
        return SafeString(secrets.mask(super().get_traceback_text()))  # nosec B703  # plain text, no page
