/*
 * Proof that a workbook holds what was written.  libxlsxwriter builds it from
 * temporary files and ignores failed writes to them: a full disk leaves a
 * workbook with a hole and correct CRCs.  So the sheets are read back, and
 * their cells and texts are compared with those given to the library.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "output/output_internal.h"
#include "output/output_unzip.h"
#include "output/output_xml.h"

#define CONTENTS "[Content_Types].xml"
#define WORKBOOK "xl/workbook.xml"
#define ENTITY_MAX 10

/* A workbook being read back. */
struct proof {
	const struct output_sheet *wanted;
	size_t n;
	char *name;		/* of the current part */
	size_t number;		/* of the sheet in it, or 0 */
	struct output_xml xml;
	struct output_sheet sheet;	/* counted so far */
	bool in_text;
	char entity[ENTITY_MAX + 1];	/* unfinished: "&am" */
	size_t entity_len;
	size_t sheets;		/* named in the workbook */
	struct set *parts;	/* found */
	struct text listed;	/* expected, each followed by a NUL */
	bool is_bad;
};

/* ------------------------------------------------------------- counting */

static void
add(struct output_sheet *sheet, const char *data, size_t len)
{
	sheet->crc = (uint32_t)crc32(sheet->crc, (const unsigned char *)data,
	    (unsigned)len);
	sheet->bytes += len;
}

/* A carriage return may be written as such or as Excel's escape. */
static void
add_text(struct output_sheet *sheet, const char *data, size_t len)
{
	const char *end;

	while ((end = memchr(data, '\r', len)) != NULL) {
		add(sheet, data, (size_t)(end - data));
		add(sheet, "_x000D_", 7);
		len -= (size_t)(end - data) + 1;
		data = end + 1;
	}
	add(sheet, data, len);
}

void
output_sheet_cell(struct output_sheet *sheet, uint64_t row)
{
	sheet->cells++;
	sheet->rows += row + 1 != sheet->last_row;
	sheet->last_row = row + 1;
}

void
output_sheet_text(struct output_sheet *sheet, const char *text)
{
	add_text(sheet, text, strlen(text));
	add(sheet, "", 1);
}

/* ------------------------------------------------------------- reading */

/* Decode a finished entity.  Return whether it is known. */
static bool
take_entity(struct proof *proof)
{
	static const struct {
		const char *name, *is;
	} known[] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" },
	    { "&quot;", "\"" }, { "&apos;", "'" }, { "&#10;", "\n" },
	    { "&#13;", "\r" }, { "&#9;", "\t" } };
	size_t i;

	proof->entity[proof->entity_len] = '\0';
	proof->entity_len = 0;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(proof->entity, known[i].name) == 0) {
			add_text(&proof->sheet, known[i].is, 1);
			return true;
		}
	return false;
}

static void
take_text(void *cookie, const char *data, size_t len)
{
	struct proof *proof = cookie;
	const char *and;
	size_t n;

	if (!proof->in_text)
		return;
	while (len > 0) {
		n = 1;
		if (proof->entity_len > 0) {
			proof->entity[proof->entity_len++] = *data;
			if (*data == ';')
				proof->is_bad |= !take_entity(proof);
			else if (proof->entity_len == ENTITY_MAX)
				proof->is_bad = true;
			if (proof->is_bad)
				return;
		} else if (*data == '&') {
			proof->entity[0] = '&';
			proof->entity_len = 1;
		} else {
			and = memchr(data, '&', len);
			n = and != NULL ? (size_t)(and - data) : len;
			add_text(&proof->sheet, data, n);
		}
		data += n;
		len -= n;
	}
}

static void
take_open(void *cookie, const char *name, const char *attributes)
{
	struct proof *proof = cookie;
	struct span value;

	if (proof->number > 0) {
		if (strcmp(name, "row") == 0)
			proof->sheet.rows++;
		else if (strcmp(name, "c") == 0)
			proof->sheet.cells++;
		proof->in_text = strcmp(name, "t") == 0;
	} else if (strcmp(proof->name, WORKBOOK) == 0) {
		proof->sheets += strcmp(name, "sheet") == 0;
	} else if (strcmp(proof->name, CONTENTS) == 0 &&
	    output_xml_attribute(attributes, "PartName", &value)) {
		text_add(&proof->listed, value.data, value.len);
		text_addc(&proof->listed, '\0');
	}
}

static void
take_close(void *cookie, const char *name)
{
	struct proof *proof = cookie;

	(void)name;
	if (proof->in_text)
		add(&proof->sheet, "", 1);
	proof->in_text = false;
	proof->is_bad |= proof->entity_len > 0;
}

/* ---------------------------------------------------------------- parts */

static int
begin_part(void *cookie, const char *name, struct err *err)
{
	struct proof *proof = cookie;
	char end[8] = "";
	size_t number;

	(void)err;
	free(proof->name);
	proof->name = mem_text(name);
	proof->number = sscanf(name, "xl/worksheets/sheet%zu%7s", &number,
	    end) == 2 && strcmp(end, ".xml") == 0 ? number : 0;
	proof->sheet = (struct output_sheet){ .rows = 0 };
	proof->in_text = false;
	proof->entity_len = 0;
	output_xml_begin(&proof->xml);
	return set_add(proof->parts, name, strlen(name)) ? 0 :
	    err_set(err, ERR_DISK, "it occurs twice");
}

static int
add_part(void *cookie, const char *data, size_t len, struct err *err)
{
	struct proof *proof = cookie;

	output_xml_add(&proof->xml, data, len);
	return proof->xml.is_bad || proof->is_bad ? err_set(err, ERR_DISK,
	    "it is not well-formed") : 0;
}

static int
end_part(void *cookie, struct err *err)
{
	struct proof *proof = cookie;
	const struct output_sheet *have = &proof->sheet, *wanted;

	if (!output_xml_end(&proof->xml) || proof->is_bad)
		return err_set(err, ERR_DISK, "it is truncated");
	if (proof->number == 0)
		return 0;
	if (proof->number > proof->n)
		return err_set(err, ERR_DISK, "an unexpected sheet");
	wanted = &proof->wanted[proof->number - 1];
	if (have->rows != wanted->rows || have->cells != wanted->cells)
		return err_set(err, ERR_DISK, "it has %" PRIu64 " rows and %"
		    PRIu64 " cells instead of %" PRIu64 " and %" PRIu64,
		    have->rows, have->cells, wanted->rows,
		    wanted->cells);
	if (have->bytes != wanted->bytes || have->crc != wanted->crc)
		return err_set(err, ERR_DISK, "its texts differ from those "
		    "written");
	return 0;
}

/* Check that no part is missing: neither a listed nor an obligatory one. */
static int
check_parts(struct proof *proof, struct err *err)
{
	const char *pos = proof->listed.data, *end = pos + proof->listed.len;
	char name[64];
	size_t i;

	if (!set_has(proof->parts, CONTENTS, strlen(CONTENTS)) ||
	    !set_has(proof->parts, WORKBOOK, strlen(WORKBOOK)))
		return err_set(err, ERR_DISK, "its list of contents is "
		    "missing");
	for (; pos < end; pos += strlen(pos) + 1)
		if (!set_has(proof->parts, &pos[*pos == '/'],
		    strlen(&pos[*pos == '/'])))
			return err_set(err, ERR_DISK, "%s is missing", pos);
	for (i = 1; i <= proof->n; i++) {
		snprintf(name, sizeof(name), "xl/worksheets/sheet%zu.xml", i);
		if (!set_has(proof->parts, name, strlen(name)))
			return err_set(err, ERR_DISK, "%s is missing", name);
	}
	return proof->sheets == proof->n ? 0 : err_set(err, ERR_DISK,
	    "it names %zu sheets instead of %zu", proof->sheets, proof->n);
}

int
output_xlsx_prove(const char *path, const struct output_sheet *sheets,
    size_t n, struct err *err)
{
	struct proof proof = { .wanted = sheets, .n = n, .xml = {
	    .open = take_open, .text = take_text, .close = take_close,
	    .cookie = &proof } };
	struct output_unzip to = { begin_part, add_part, end_part, &proof };
	int rc;

	output_xml_init(&proof.xml);
	text_init(&proof.listed, SIZE_MAX / 4);
	proof.parts = set_new();
	rc = output_unzip(path, &to, err);
	if (rc == 0)
		rc = check_parts(&proof, err);
	output_xml_release(&proof.xml);
	text_release(&proof.listed);
	set_free(proof.parts);
	free(proof.name);
	return rc == 0 ? 0 : err_wrap(err, "%s does not contain what was "
	    "written to it", path);
}
