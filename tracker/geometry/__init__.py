"""Points and polygons for Django models over Shapely, on PostGIS and on SQLite, without GDAL."""

from tracker.geometry.fields import PointField, PolygonField

__all__ = ["PointField", "PolygonField"]
