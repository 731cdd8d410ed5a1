"""Pages of areas of interest."""

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import CreateView, DeleteView, DetailView, ListView, UpdateView

from tracker.forms import AreaForm
from tracker.models import AreaOfInterest
from tracker.views.access import RoleRequired

PAGE_SIZE = 50


class AreaListView(RoleRequired, ListView):
    permission_required = "tracker.view_areaofinterest"
    model = AreaOfInterest
    template_name = "tracker/area_list.html"
    paginate_by = PAGE_SIZE


class AreaDetailView(RoleRequired, DetailView):
    permission_required = "tracker.view_areaofinterest"
    model = AreaOfInterest
    template_name = "tracker/area_detail.html"


class AreaCreateView(RoleRequired, CreateView):
    permission_required = "tracker.add_areaofinterest"
    model = AreaOfInterest
    form_class = AreaForm
    template_name = "tracker/area_form.html"
    extra_context = {"heading": _("Add area")}


class AreaUpdateView(RoleRequired, UpdateView):
    permission_required = "tracker.change_areaofinterest"
    model = AreaOfInterest
    form_class = AreaForm
    template_name = "tracker/area_form.html"
    extra_context = {"heading": _("Edit area")}


class AreaDeleteView(RoleRequired, DeleteView):
    permission_required = "tracker.delete_areaofinterest"
    model = AreaOfInterest
    template_name = "tracker/area_confirm_delete.html"
    extra_context = {"heading": _("Delete area")}
    success_url = reverse_lazy("area-list")
