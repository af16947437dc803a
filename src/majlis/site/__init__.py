"""Pages in English and Arabic, exported as files and served live from the same templates."""

from majlis.site.export import export
from majlis.site.pages import pages, render_page
from majlis.site.source import BodyInfo, BoxCheck, BoxInfo, Host, Receipt, Source

__all__ = ["BodyInfo", "BoxCheck", "BoxInfo", "Host", "Receipt", "Source", "export", "pages", "render_page"]
