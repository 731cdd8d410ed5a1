from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

from channels import Channel

from .models import Job


@csrf_exempt
def start(request):
    job = Job.objects.create(number=request.POST["number"])
    if "delay" in request.POST:
        Channel("asgi.delay").send({
            "channel": "jobs.square",
            "content": {"id": job.pk},
            "delay": int(request.POST["delay"]),
        })
    else:
        Channel("jobs.square").send({"id": job.pk})
    return JsonResponse({"id": job.pk})


def detail(request, pk):
    job = Job.objects.get(pk=pk)
    return JsonResponse({"result": job.result, "worker": job.worker})
