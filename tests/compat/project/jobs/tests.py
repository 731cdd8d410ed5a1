from urllib.request import urlopen

from django.test import override_settings

from websockets.sync.client import connect

from channels import Channel, Group
from channels.exceptions import ConsumeLater
from channels.test import ChannelLiveServerTestCase, Client, TransactionChannelTestCase

from .consumers import square
from .models import Job


class JobTests(TransactionChannelTestCase):
    def test_square(self):
        job = Job.objects.create(number=12)
        Channel("jobs.square").send({"id": job.pk})
        square(self.get_next_message("jobs.square", require=True))
        job.refresh_from_db()
        self.assertEqual(job.result, 144)

    def test_not_yet_there(self):
        with self.assertRaises(ConsumeLater):
            Client().send_and_consume("jobs.square", {"id": 1})

    def test_start(self):
        self.client.post("/jobs/", {"number": "5"})
        message = self.get_next_message("jobs.square", require=True)
        self.assertEqual(Job.objects.get(pk=message["id"]).number, 5)


class LiveTests(ChannelLiveServerTestCase):
    def test_group(self):
        with connect("%s/jobs/" % self.live_server_ws_url, proxy=None) as ws:
            Channel("jobs.square").send({"id": Job.objects.create(number=7).pk})
            self.assertEqual(ws.recv(30), "49")
            Group("jobs").send({"text": "bye", "close": True})
            self.assertEqual(ws.recv(30), "bye")
        self.assertEqual(Job.objects.get().result, 49)

    def test_other_database_content(self):
        self.assertFalse(Job.objects.exists())


@override_settings(ROOT_URLCONF="jobs.urls")
class LiveThreadsTests(ChannelLiveServerTestCase):
    host = "127.0.0.1"
    worker_threads = 2
    serve_static = False

    def test_detail(self):
        job = Job.objects.create(number=3, result=9)
        with urlopen("%s/elsewhere/%d/" % (self.live_server_url, job.pk)) as response:
            self.assertEqual(response.read(), b'{"result": 9, "worker": ""}')
