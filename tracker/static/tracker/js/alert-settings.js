// Quiet hours that were never set are meant in the zone of whoever sets them.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
for (const fieldset of document.querySelectorAll("[data-silence]")) {
  const hours = [...fieldset.querySelectorAll('input[type="time"]')];
  if (hours.every(({ value }) => value === "")) {
    fieldset.querySelector('[name$="-timezone"]').value = timeZone;
  }
}
