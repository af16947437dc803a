"""Views: states turned into ready-to-print values, one module for each sort of page. Templates only print them."""

from majlis.site.views.act import act_view
from majlis.site.views.body import body_view
from majlis.site.views.charter import charter_view
from majlis.site.views.check import check_view
from majlis.site.views.delegate import delegate_view
from majlis.site.views.districts import districts_view, map_pages
from majlis.site.views.election import election_view, elections_view
from majlis.site.views.home import bodies_view, home_view
from majlis.site.views.motion import motion_view, motions_view
from majlis.site.views.parts import Desk
from majlis.site.views.petition import petition_view, petitions_view
from majlis.site.views.record import record_view
from majlis.site.views.seats import all_seats, seats_view

__all__ = [
    "Desk",
    "act_view",
    "all_seats",
    "bodies_view",
    "body_view",
    "charter_view",
    "check_view",
    "delegate_view",
    "districts_view",
    "election_view",
    "elections_view",
    "home_view",
    "map_pages",
    "motion_view",
    "motions_view",
    "petition_view",
    "petitions_view",
    "record_view",
    "seats_view",
]
