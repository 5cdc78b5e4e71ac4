"""Every observation format the configuration can name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from forecast.observations.airnow import Airnow
from forecast.observations.aqs import Aqs
from forecast.observations.cf import Cf
from forecast.observations.cities_daily import CitiesDaily
from forecast.observations.cnemc import Cnemc
from forecast.observations.five_cities import FiveCities
from forecast.observations.openaq import OpenAq
from forecast.observations.prsa import Prsa
from forecast.observations.sql import Sql
from forecast.observations.table import Table

AnySource = Annotated[
    Prsa | Cnemc | FiveCities | CitiesDaily | OpenAq | Airnow | Aqs | Table | Cf | Sql,
    Field(discriminator="format"),
]
"""A section of ``observations``; its key ``format`` says which."""
