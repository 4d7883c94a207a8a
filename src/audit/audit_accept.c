/*
 * Findings that the owner of an export has accepted: accepted.json.
 *
 *	{"accepted": "2026-11-26T10:00:00Z", "findings": [
 *	  {"trouble": "missing", "listing": "logs/pr_1", "what": "..."},
 *	  {"trouble": "damaged", "path": "files/pr_1/logs/2.jsonl",
 *	   "what": "...", "sha256": "..."}]}
 *
 * A finding stays accepted as long as its text is the same and the file that it
 * names, if any, has the same bytes.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_members.h"

#define ACCEPTED_MAX (256u << 20)

static const char *const diagnostics[] = { "damaged", "missing", "extra",
    "note", "unknown" };

static bool
is_wrong(const struct audit_finding *finding)
{
	return finding->kind != AUDIT_NOTE && finding->kind != AUDIT_UNKNOWN;
}

/* As digest_file(), in an archive, whose files were all read. */
static void
digest_member(const struct audit_verify *verify, const char *path,
    char hex[SHA256_HEX])
{
	const struct audit_members *members = verify->members;
	ssize_t i = audit_members_find(members, path);
	const unsigned char *bytes = i >= 0 && members->received[i].is_there ?
	    members->received[i].sha256 : verify->accept.digest != NULL ?
	    verify->accept.digest(verify->accept.cookie, path) : NULL;

	if (bytes == NULL)
		bytes = audit_members_other(members, path);
	if (bytes != NULL)
		sha256_hex(bytes, hex);
}

static void
digest_file(const struct tree *tree, const char *path, char hex[SHA256_HEX])
{
	int fd = file_open(tree_dir(tree), path, O_RDONLY, NULL);
	unsigned char bytes[SHA256_BYTES];
	struct sha256 *hash;
	char chunk[8192];
	ssize_t n;

	if (fd == -1)
		return;
	hash = sha256_new();
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		sha256_add(hash, chunk, (size_t)n);
	sha256_peek(hash, bytes);
	sha256_free(hash);
	close(fd);
	if (n == 0)
		sha256_hex(bytes, hex);
}

/* The SHA-256 of the file at ${path} in hex; "" if it does not exist. */
static void
digest(const struct audit_verify *verify, const char *path,
    char hex[SHA256_HEX])
{
	hex[0] = '\0';
	if (path != NULL && verify->members != NULL)
		digest_member(verify, path, hex);
	else if (path != NULL)
		digest_file(verify->tree, path, hex);
}

static json_t *
text_or_null(const char *text)
{
	return text != NULL ? json_string(text) : NULL;
}

static json_t *
json_of(const struct audit_verify *verify,
    const struct audit_finding *finding)
{
	char hex[SHA256_HEX];

	digest(verify, finding->path, hex);
	return json_pack("{s:s, s:o*, s:o*, s:s, s:o*}", "trouble",
	    diagnostics[finding->kind], "path", text_or_null(finding->path),
	    "listing", text_or_null(finding->listing), "what", finding->what,
	    "sha256", text_or_null(*hex != '\0' ? hex : NULL));
}

/* A text, new, of everything that identifies a finding. */
static char *
key_of(const json_t *json)
{
	static const char *const names[] = { "trouble", "path", "listing",
	    "what", "sha256" };
	bool has_path = json_object_get(json, "path") != NULL;
	struct text key;
	const char *value;
	size_t i;

	text_init(&key, SIZE_MAX / 4);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = json_string_value(json_object_get(json, names[i]));
		/* In an archive, a finding of a file has no listing. */
		if (has_path && strcmp(names[i], "listing") == 0)
			continue;
		text_addf(&key, "%c", value != NULL ? '=' : '-');
		text_adds(&key, value != NULL ? value : "");
		text_addc(&key, '\n');
	}
	return text_take(&key);
}

/* The number of accepted findings by key_of(). */
static json_t *
count_accepted(const json_t *list)
{
	json_t *counts = json_object();
	const json_t *one;
	size_t i;
	char *key;

	json_array_foreach(list, i, one) {
		key = key_of(one);
		json_object_set_new(counts, key, json_integer(1 +
		    json_integer_value(json_object_get(counts, key))));
		free(key);
	}
	return counts;
}

static bool
take_one(json_t *counts, const json_t *finding)
{
	char *key = key_of(finding);
	json_int_t left = json_integer_value(json_object_get(counts, key));

	if (left > 0)
		json_object_set_new(counts, key, json_integer(left - 1));
	free(key);
	return left > 0;
}

static void
mark(struct audit_verify *verify, json_t *counts)
{
	struct audit_finding *finding;
	json_t *json;
	size_t i;

	for (i = 0; i < verify->n_findings; i++) {
		finding = &verify->findings[i];
		if (!is_wrong(finding))
			continue;
		json = json_of(verify, finding);
		finding->is_accepted = take_one(counts, json);
		json_decref(json);
		if (finding->is_accepted)
			verify->wrong--;
	}
}

/* Flag the findings that accepted.json, given as ${text}, accepts. */
static void
take_accepted(struct audit_verify *verify, const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const char *when = json_string_value(json_object_get(json,
	    "accepted"));
	json_t *counts;

	if (when == NULL) {
		audit_say(verify, AUDIT_DAMAGED, AUDIT_ACCEPTED, "it can't be "
		    "read, so nothing is accepted; 'hlexport verify --accept' "
		    "rewrites it");
	} else {
		verify->accepted = mem_text(when);
		counts = count_accepted(json_object_get(json, "findings"));
		mark(verify, counts);
		json_decref(counts);
	}
	json_decref(json);
}

void
audit_accept_archive(struct audit_verify *verify, char *text,
    const unsigned char *(*of)(void *, const char *), void *cookie)
{
	tree_receipts_sort(&verify->members->others);
	free(verify->accept.text);
	verify->accept.text = text;
	verify->accept.digest = of;
	verify->accept.cookie = cookie;
}

/* The text of accepted.json in ${tree}, new; NULL: it does not exist. */
static char *
read_accepted(const struct tree *tree)
{
	struct text text;
	char *pos = NULL;

	text_init(&text, ACCEPTED_MAX);
	if (file_read(tree_dir(tree), AUDIT_ACCEPTED, &text, NULL) == 0)
		pos = text_take(&text);
	text_release(&text);
	return pos;
}

void
audit_accept_prescan(struct audit_verify *verify)
{
	if (!verify->progress.is_native)
		return;
	if (verify->accept.text == NULL && verify->members == NULL &&
	    verify->tree != NULL)
		verify->accept.text = read_accepted(verify->tree);
	if (verify->accept.text != NULL)
		take_accepted(verify, verify->accept.text);
}

/* Does an accepted finding still hold, and does it mean lost data? */
static bool
is_lost(const struct tree *tree, const json_t *finding, bool sealed)
{
	const char *diagnostic = json_string_value(json_object_get(finding,
	    "trouble"));
	const char *path = json_string_value(json_object_get(finding,
	    "path"));
	const char *sha256 = json_string_value(json_object_get(finding,
	    "sha256"));
	char hex[SHA256_HEX] = "";

	if (diagnostic == NULL || (strcmp(diagnostic, "damaged") != 0 &&
	    strcmp(diagnostic, "missing") != 0))
		return false;
	/* A gap may have been filled since. */
	if (path == NULL && strcmp(diagnostic, "missing") == 0)
		return !sealed;
	if (path != NULL)
		digest_file(tree, path, hex);
	return strcmp(hex, sha256 != NULL ? sha256 : "") == 0;
}

char *
audit_accepted_in(const struct tree *tree, bool sealed, bool *lacks)
{
	char *text = read_accepted(tree), *when = NULL;
	json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL, *one;
	size_t i;

	if (json_is_string(json_object_get(json, "accepted")))
		when = mem_text(json_string_value(json_object_get(json,
		    "accepted")));
	*lacks = false;
	json_array_foreach(json_object_get(json, "findings"), i, one)
		*lacks = *lacks || is_lost(tree, one, sealed);
	json_decref(json);
	free(text);
	return when;
}

/* Make ${receipt} that of the file as it was accepted. */
static void
accept_receipt(const struct tree *tree, struct tree_receipt *receipt,
    const char *hex)
{
	struct stat st;

	if (file_stat(tree_dir(tree), receipt->path, &st) == -1 ||
	    sha256_from_hex(hex, receipt->sha256) == -1)
		return;
	receipt->bytes = (uint64_t)st.st_size;
	receipt->lines = 0;
}

void
audit_accept_receipts(const struct tree *tree, struct tree_receipts *files)
{
	char *text = read_accepted(tree);
	json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL, *one;
	bool *is_gone = mem_zero(files->n + 1, sizeof(*is_gone));
	struct stat st;
	size_t i, k;

	json_array_foreach(json_object_get(json, "findings"), i, one) {
		const char *path = json_string_value(json_object_get(one,
		    "path")), *sha256 = json_string_value(json_object_get(one,
		    "sha256"));
		const struct tree_receipt *found = path != NULL ?
		    tree_receipts_find(files, path) : NULL;

		if (found == NULL)
			continue;
		k = (size_t)(found - files->items);
		if (sha256 != NULL)
			accept_receipt(tree, &files->items[k], sha256);
		else
			is_gone[k] = file_stat(tree_dir(tree), path,
			    &st) == -1;
	}
	for (i = k = 0; i < files->n; i++) {
		if (is_gone[i])
			free(files->items[i].path);
		else
			files->items[k++] = files->items[i];
	}
	files->n = k;
	free(is_gone);
	json_decref(json);
	free(text);
}

const char *
audit_accepted(const struct audit_verify *verify)
{
	return verify->accepted;
}

/*
 * Lock the export against writers.  Return a descriptor to be closed; or -1
 * with ${err} set, or without, if there is no log.
 */
static int
lock_out(const struct audit_verify *verify, struct err *err)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = file_open(tree_dir(verify->tree), TREE_LOG, O_RDONLY, NULL);

	err->kind = ERR_NONE;
	if (fd == -1 || fcntl(fd, F_OFD_SETLK, &lock) == 0 ||
	    (errno != EACCES && errno != EAGAIN))
		return fd;
	close(fd);
	return err_set(err, ERR_LOCKED, "another process is working on %s",
	    verify->settings.path);
}

int
audit_accept(struct audit_verify *verify, struct err *err)
{
	json_t *list, *json;
	char when[32], *text;
	size_t i;
	int rc, fd = lock_out(verify, err);

	if (err->kind != ERR_NONE)
		return -1;
	list = json_array();
	if (!verify->progress.is_native) {
		json_decref(list);
		if (fd != -1)
			close(fd);
		return err_set(err, ERR_USAGE, "%s has no manifest, so later "
		    "changes could not be detected; run 'hlexport adopt' first",
		    verify->settings.path);
	}
	clock_rfc3339(clock_real(), when);
	for (i = 0; i < verify->n_findings; i++) {
		struct audit_finding *finding = &verify->findings[i];

		if (!is_wrong(finding) || (finding->path != NULL &&
		    strcmp(finding->path, AUDIT_ACCEPTED) == 0))
			continue;
		json_array_append_new(list, json_of(verify, finding));
	}
	json = json_pack("{s:s, s:o}", "accepted", when, "findings", list);
	text = json_dumps(json, JSON_INDENT(1));
	json_decref(json);
	rc = file_replace(tree_dir(verify->tree), AUDIT_ACCEPTED, text,
	    strlen(text), err);
	free(text);
	if (fd != -1)
		close(fd);
	if (rc == -1)
		return -1;
	for (i = 0; i < verify->n_findings; i++)
		verify->findings[i].is_accepted =
		    is_wrong(&verify->findings[i]);
	verify->wrong = 0;
	free(verify->accepted);
	verify->accepted = mem_text(when);
	return 0;
}
