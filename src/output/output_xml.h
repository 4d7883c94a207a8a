#ifndef OUTPUT_XML_H
#define OUTPUT_XML_H

#include "base/base.h"

/*
 * XML as libraries write it, read to see that it is whole: each tag is one,
 * each is closed, and nothing follows the first.  No comments, no DTD.
 */
struct output_xml {
	/* Who is told; each may be NULL.  Texts come in pieces, as they are
	 * written: "&amp;" is still that. */
	void (*open)(void *, const char *, const char *);
	void (*text)(void *, const char *, size_t);
	void (*close)(void *, const char *);
	void *cookie;

	/* The reader's own. */
	struct text tag;	/* that has begun */
	struct text open_names;	/* of what is open, each behind a NUL */
	char quote;		/* inside an attribute's value */
	bool in_tag, has_root, is_bad;
};

/** output_xml_init(xml): Make it ready; who is told is set already. */
void output_xml_init(struct output_xml *);

/** output_xml_begin(xml): A document begins, the next or the first. */
void output_xml_begin(struct output_xml *);

/**
 * output_xml_add(xml, data, len):
 * Take in some bytes.  An element that is opened is told with its name and its
 * attributes, as they stand.
 */
void output_xml_add(struct output_xml *, const char *, size_t);

/** output_xml_end(xml): That was all.  Return whether it is whole. */
bool output_xml_end(struct output_xml *);

/**
 * output_xml_attribute(attributes, name, value):
 * Set ${value} to that of the attribute ${name}; return whether there is one.
 */
bool output_xml_attribute(const char *, const char *, struct span *);

/** output_xml_release(xml): Free what it holds. */
void output_xml_release(struct output_xml *);

#endif
