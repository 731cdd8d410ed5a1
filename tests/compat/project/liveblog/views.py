from django.db import transaction
from django.http import HttpResponse, HttpResponseServerError
from django.views.decorators.csrf import csrf_exempt

from .models import Liveblog


@csrf_exempt
def add_post(request, slug):
    blog = Liveblog.objects.get(slug=slug)
    try:
        with transaction.atomic():
            blog.posts.create(body=request.POST["body"])
            if "fail" in request.POST:
                raise ValueError
    except ValueError:
        return HttpResponseServerError("rolled back")
    return HttpResponse("posted")
