"""Delivery: an act that another body's host does not log is shown to have been handed in (``spec/host.md``)."""

from majlis.institutions.delivery.rules import KINDS, Deliver, ShowDelivery

__all__ = ["KINDS", "Deliver", "ShowDelivery"]
