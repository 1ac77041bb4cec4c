"""Texts of Wagtail's screens for which its own Japanese catalog has no words.

Members, segments and campaigns are edited on them, and half a screen in English helps nobody. This
list makes ``makemessages`` put them into our catalog. Where Wagtail has words of its own they are
not here; when it gains others than ours, tests/test_words.py says so.
"""

from django.utils.translation import gettext_noop, ngettext_lazy

# Lists.
gettext_noop("Search…")
gettext_noop("Filter by")
gettext_noop("Show filters")
gettext_noop("Any")
gettext_noop("any")
gettext_noop("%(field_label)s:")
gettext_noop("%(range_start)s - %(range_end)s")
gettext_noop("Sort by '%(label)s' in ascending order.")
gettext_noop("Sort by '%(label)s' in descending order.")
gettext_noop("Select")
gettext_noop("Select row")
gettext_noop("Select all")
gettext_noop("Select all snippets in listing")
gettext_noop("Select %(title)s")
gettext_noop("Confirm selection")
gettext_noop("Bulk actions")
gettext_noop("Go back")
gettext_noop("More options for '%(title)s'")
gettext_noop("There are no results.")
gettext_noop("There are no %(model_name)s to display.")
gettext_noop('There are no %(model_name)s to display. Why not <a href="%(add_url)s">add one</a>?')
gettext_noop("No %(model_name)s match your query.")
ngettext_lazy("There is %(counter)s match", "There are %(counter)s matches", 1)
gettext_noop('Sorry, there are no matches for "<em>%(search_query)s</em>"')
gettext_noop("%(start_index)s-%(end_index)s of %(items_count)s %(model_name)s")
gettext_noop("item")
gettext_noop("items")
gettext_noop("0 minutes")
gettext_noop("just now")

# What is selected for a bulk action.
gettext_noop("1 snippet selected")
gettext_noop("%(objects)s snippets selected")
gettext_noop("All %(objects)s snippets on this screen selected")
gettext_noop("All snippets in listing selected")
gettext_noop("1 item selected")
gettext_noop("%(objects)s items selected")
gettext_noop("All %(objects)s items on this screen selected")
gettext_noop("All items in listing selected")
gettext_noop("1 page selected")
gettext_noop("%(objects)s pages selected")
gettext_noop("All %(objects)s pages on this screen selected")
gettext_noop("All pages in listing selected")

# The frame around every screen.
gettext_noop("Skip to main content")
gettext_noop("Sidebar")
gettext_noop("Toggle sidebar")
gettext_noop("Toggle breadcrumbs")
gettext_noop("Close dialog")
gettext_noop("Side panels")
gettext_noop("Toggle side panel")
gettext_noop("Side panel width")
gettext_noop("Toggle section")
gettext_noop("Minimap")
gettext_noop("Toggle minimap")
gettext_noop("Actions (footer)")
gettext_noop("Help")
gettext_noop("Editor Guide")
gettext_noop("Shortcuts")
gettext_noop("Page types usage")
gettext_noop("Aging pages")
gettext_noop("Edit account avatar")
gettext_noop(
    "JavaScript is required to use Wagtail, but it is currently disabled.<br /> Here are "
    'the <a href="https://www.enable-javascript.com/" target="_blank" '
    'rel="noreferrer">instructions how to enable JavaScript in your web browser</a>.'
)

# The home of the admin.
gettext_noop("Search all pages…")
ngettext_lazy(
    '%(total)s Page <span class="w-sr-only">created in %(site_name)s</span>',
    '%(total)s Pages <span class="w-sr-only">created in %(site_name)s</span>',
    1,
)
ngettext_lazy(
    '%(total)s Image <span class="w-sr-only">created in %(site_name)s</span>',
    '%(total)s Images <span class="w-sr-only">created in %(site_name)s</span>',
    1,
)
ngettext_lazy(
    '%(total)s Document <span class="w-sr-only">created in %(site_name)s</span>',
    '%(total)s Documents <span class="w-sr-only">created in %(site_name)s</span>',
    1,
)

# Keyboard shortcuts.
gettext_noop("Keyboard shortcuts")
gettext_noop("All keyboard shortcuts")
gettext_noop("Keyboard shortcut")
gettext_noop("Section")
gettext_noop("Application")
gettext_noop("Text editing")
gettext_noop("Text formatting")
gettext_noop("Show keyboard shortcuts")
gettext_noop("Close modal dialogs (like this one)")
gettext_noop("Save changes")
gettext_noop("Add or show comments")
gettext_noop("Cut")
gettext_noop("Paste")
gettext_noop("Paste without formatting")
gettext_noop("Insert or edit a link")
gettext_noop("Monospace (code)")
gettext_noop("Strike-through")
gettext_noop("account")
gettext_noop(
    "Keyboard shortcuts are currently enabled; manage your %(account_link)s to disable them."
)
gettext_noop(
    "Keyboard shortcuts are currently disabled; manage your %(account_link)s to enable them."
)

# Forms.
gettext_noop("New: %(model_name)s")
gettext_noop("To be created by %(user)s")
gettext_noop("Creating…")
gettext_noop("Scheduling…")
gettext_noop("Schedule to publish")
gettext_noop("Replace current revision")
gettext_noop("Saved")
gettext_noop("Draft saved")
gettext_noop("Autosave is paused")
gettext_noop("Autosave is <span>paused</span>")
gettext_noop("Save your changes before leaving")
gettext_noop("You have <span>unsaved edits</span>")
gettext_noop("Go to the first error")
gettext_noop("There are validation errors, click save to highlight them.")
gettext_noop("A network error occurred")
gettext_noop(
    "Troubleshoot your connection to the site before proceeding. Open the editor in a "
    "separate tab to view the last saved version."
)
gettext_noop("- Select an option -")
gettext_noop('Multi-word tags with spaces will automatically be enclosed in double quotes (").')
gettext_noop("Tags can only consist of a single word, no spaces allowed.")
gettext_noop("Expiry date/time must be in the future.")
gettext_noop("Image is decorative")
gettext_noop("You saved a new version in another window")
gettext_noop("%(user_name)s saved a new version")
gettext_noop("You have unsaved changes in another window")
gettext_noop("%(user_name)s has unsaved changes")
gettext_noop("Currently viewing")
gettext_noop("Currently idle")
gettext_noop("View latest version")
gettext_noop(
    "You are viewing a previous version of this %(model_name)s from "
    "<b>%(created_at)s</b> by %(user)s"
)
gettext_noop("Saving will overwrite a newer version.")
gettext_noop("Proceeding will overwrite the changes you made in that window.")
gettext_noop("Proceeding will overwrite the changes made by %(user_name)s.")
gettext_noop("Alternatively, you can view the latest version in a new tab.")

# What was done.
gettext_noop("%(model_name)s '%(object)s' updated and published.")
gettext_noop("%(model_name)s '%(object)s' created and published.")
gettext_noop("%(model_name)s '%(object)s' has been scheduled for publishing.")
gettext_noop("%(model_name)s '%(object)s' created and scheduled for publishing.")
gettext_noop(
    "%(model_name)s '%(object)s' is live and this version has been scheduled for publishing."
)
gettext_noop("'%(object)s' unpublished.")
ngettext_lazy("%(count)d %(model_name)s deleted.", "%(count)d %(model_name)s deleted.", 1)
gettext_noop("Request to create %(model_name)s was blocked by hook.")
gettext_noop("Request to edit %(model_name)s was blocked by hook.")

# State, publishing and privacy.
gettext_noop("Status: ")
gettext_noop("Toggle status")
gettext_noop("View history")
gettext_noop("First published")
gettext_noop("No publishing schedule set")
gettext_noop("Set schedule")
gettext_noop("Edit schedule")
gettext_noop("Save schedule")
gettext_noop("Set publishing schedule")
gettext_noop("Go-live:")
gettext_noop("Expiry:")
gettext_noop("Once scheduled:")
gettext_noop("Choose when this %(model_name)s should go live and/or expire")
gettext_noop("Choose when this page should go live and/or expire")
gettext_noop(
    'This publishing schedule will only take effect after you select the "Schedule to '
    'publish" option'
)
gettext_noop("Locking: ")
gettext_noop("Anyone can edit this %(model_name)s")
gettext_noop("Anyone can edit this %(model_name)s – lock it to prevent others from editing")
gettext_noop("Page visibility: ")
gettext_noop("Once live anyone can view")
gettext_noop("Change privacy")
gettext_noop("Choose who can view the live version of this page")
gettext_noop("Not visible to the public")
gettext_noop("Visible to all")
gettext_noop("Visible to all. Visit the live page")
gettext_noop("Private. Visit the live page")
ngettext_lazy("Referenced %(count)s time", "Referenced %(count)s times", 1)
ngettext_lazy(
    "This %(model_name)s is referenced %(usage_count)s time.",
    "This %(model_name)s is referenced %(usage_count)s times.",
    1,
)
gettext_noop("One or more references to this %(model_name)s prevent it from being deleted.")
gettext_noop("Are you sure you want to unpublish this %(model_name)s?")
gettext_noop("If you confirm deletion")
gettext_noop("prevents deletion")
gettext_noop("may prevent deletion")
gettext_noop("will unset the reference")
gettext_noop("the %(model_name)s will also be deleted")
gettext_noop("Field")

# Previews and checks.
gettext_noop("Toggle preview")
gettext_noop("Preview mode")
gettext_noop("Preview in mobile size")
gettext_noop("Preview in tablet size")
gettext_noop("Preview in desktop size")
gettext_noop("Preview in new tab")
gettext_noop("Preview is out of date")
gettext_noop("Preview not available")
gettext_noop(
    "Preview cannot display due to validation errors. <br /> Click save to highlight the "
    "relevant fields."
)
gettext_noop("Correct the validation errors to resume preview (saving will highlight errors)")
gettext_noop("Loading")
gettext_noop("Refresh")
gettext_noop("Refreshing…")
gettext_noop("Toggle checks")
gettext_noop("Checks")
gettext_noop("Issues found")
gettext_noop("Show issue")
gettext_noop("Content metrics")
gettext_noop("Words")
gettext_noop("Reading time")
gettext_noop("Readability")
gettext_noop("This data explained")
gettext_noop("How we calculate our metrics")
gettext_noop(
    "We extract the main content from the page preview, remove all formatting, and "
    "calculate the number of words."
)
gettext_noop(
    "We calculate reading time from word count, using different reading speeds for "
    "different languages."
)
gettext_noop(
    "We use a readability formula based on length of words and sentences. Long sentences "
    "and words result in a worse readability score."
)
gettext_noop(
    'See our <a href="%(guide_link)s" target="_blank">content checks guide</a> for more '
    "information on how content metrics are calculated."
)
gettext_noop("Button text is empty")
gettext_noop("Use meaningful text for screen reader users")
gettext_noop("Empty heading found")
gettext_noop("Table header text is empty")
gettext_noop("Empty frame title found")
gettext_noop("Use a meaningful title for screen reader users")
gettext_noop("Incorrect heading hierarchy")
gettext_noop("Avoid skipping levels")
gettext_noop("Input button text is empty")
gettext_noop("Link text is empty")
gettext_noop("Misusing paragraphs as headings")
gettext_noop("Use proper heading tags")
gettext_noop("Image alt text has inappropriate pattern")
gettext_noop("Use meaningful text")
gettext_noop("Meta description is empty")
gettext_noop("Add a concise description for search engines")

# History.
gettext_noop("Date / Time")
gettext_noop("Is commenting action")
gettext_noop("model log entry")
gettext_noop("model log entries")
gettext_noop("Published")
gettext_noop("Unpublished")
gettext_noop("Deleted")
gettext_noop("Renamed")
gettext_noop("Renamed from '%(old)s' to '%(new)s'")
gettext_noop("Copied")
gettext_noop("Copied from %(title)s")
gettext_noop("Moved")
gettext_noop("Reordered")
gettext_noop("Review this version")
gettext_noop("Compare with current version")
gettext_noop("Compare")
gettext_noop("Sort item order")
gettext_noop("You do not have permission to access the admin.")
gettext_noop("There are no differences between these two versions")
gettext_noop("Reverted to previous revision")
gettext_noop("Publish scheduled draft")
gettext_noop("Published scheduled draft")
gettext_noop("Unpublish scheduled draft")
gettext_noop("Unpublished scheduled draft")
gettext_noop("Add view restrictions")
gettext_noop("Added the '%(restriction)s' view restriction")
gettext_noop("Added view restriction")

# Permissions.
gettext_noop("Custom permissions")
gettext_noop("Can access Wagtail admin")
gettext_noop("Toggle all")
gettext_noop("Toggle all add permissions")
gettext_noop("Toggle all change permissions")
gettext_noop("Toggle all delete permissions")
gettext_noop("Toggle all custom permissions")
