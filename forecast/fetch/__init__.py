"""Fetching weather cycles from open servers or their mirrors: ranges only, resumed, checked.

Nothing here touches the network before `fetch_weather` is called.
"""

from forecast.fetch.request import FetchRequest
from forecast.fetch.run import FetchReport, fetch_weather
from forecast.fetch.sources import SOURCES, request_for

__all__ = ["SOURCES", "FetchReport", "FetchRequest", "fetch_weather", "request_for"]
