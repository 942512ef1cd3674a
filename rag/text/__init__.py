"""Where sentences and chunks begin and end; it knows neither stores nor models."""
