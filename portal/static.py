"""Static files as the web process serves them: hashed names, compressed, the style sheets put together."""

from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# The order is the cascade's. Each bundle is one request for a page.
BUNDLES = {
    "css/staff.css": [
        "css/tokens.css",
        "css/base.css",
        "css/layout.css",
        "css/components.css",
        "css/forms.css",
        "css/pages.css",
    ],
    "css/guest.css": ["css/tokens.css", "css/base.css", "css/guest_page.css"],
}


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Writes each bundle of BUNDLES at collectstatic, before names are hashed."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Any:  # noqa: FBT001, FBT002  (Django's signature)
        """As Django's, over the collected files and the bundles."""
        if not dry_run:
            for name, parts in BUNDLES.items():
                text = "\n".join(Path(self.path(part)).read_text() for part in parts)
                if self.exists(name):
                    self.delete(name)
                self.save(name, ContentFile(text.encode()))
                paths[name] = (self, name)
        yield from super().post_process(paths, dry_run, **options)
