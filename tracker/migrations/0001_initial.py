from django.db import migrations, models

import tracker.geometry.fields
from tracker.geometry.operations import enable_postgis, spatial_index


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        enable_postgis(),
        migrations.CreateModel(
            name="AreaOfInterest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("UR", "Urgent"),
                            ("HI", "High"),
                            ("ME", "Medium"),
                            ("LO", "Low"),
                            ("IN", "Info"),
                        ],
                        default="ME",
                        max_length=2,
                        verbose_name="severity",
                    ),
                ),
                ("polygon", tracker.geometry.fields.PolygonField(verbose_name="polygon")),
            ],
            options={
                "verbose_name": "area of interest",
                "verbose_name_plural": "areas of interest",
                "ordering": ["name", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["UR", "HI", "ME", "LO", "IN"])),
                        name="area_known_severity",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                (
                    "description",
                    models.TextField(blank=True, max_length=1000, verbose_name="description"),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("UR", "Urgent"),
                            ("HI", "High"),
                            ("ME", "Medium"),
                            ("LO", "Low"),
                            ("IN", "Info"),
                        ],
                        default="ME",
                        max_length=2,
                        verbose_name="severity",
                    ),
                ),
                ("closed", models.BooleanField(default=False, verbose_name="closed")),
                ("location", tracker.geometry.fields.PointField(verbose_name="location")),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "incident",
                "verbose_name_plural": "incidents",
                "ordering": ["-created", "-pk"],
                "indexes": [
                    models.Index(fields=["closed", "-created"], name="incident_open_newest")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["UR", "HI", "ME", "LO", "IN"])),
                        name="incident_known_severity",
                    )
                ],
            },
        ),
        spatial_index("tracker_areaofinterest", "polygon"),
        spatial_index("tracker_incident", "location"),
    ]
